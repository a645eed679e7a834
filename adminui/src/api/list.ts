/** A part of a list; next is the cursor of the following part, absent or empty at the end. */
export interface List<T> {
  items: T[];
  next?: string;
  /** How many there are in all, where the hub counts them. */
  total?: number;
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
  /** The run that stated it; the id is empty then, unless the run came from a file. */
  run_id?: string;
}
