/** A part of a list; next is the cursor of the following part, absent or empty at the end. */
export interface List<T> {
  items: T[];
  next?: string;
}

export interface UserRef {
  user_id: string;
  name: string;
}

export interface UnitRef {
  id?: string;
  code: string;
  name: string;
}

export interface ConnectorRef {
  id: string;
  name: string;
  kind?: string;
}

export interface MessageRef {
  id: string;
  control_id?: string;
  type?: string;
}
