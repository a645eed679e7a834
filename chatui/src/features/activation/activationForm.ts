/** NIST SP 800-63B asks for 8 at least; the server has the last word. */
export const shortestPassword = 10;

export interface ActivationValues {
  login: string;
  code: string;
  password: string;
  repeat: string;
}

export type ActivationErrors = Partial<Record<"password" | "repeat", string>>;

/** checkActivation gives keys of namespace "activation" for the fields that are wrong. */
export function checkActivation(values: ActivationValues): ActivationErrors {
  const errors: ActivationErrors = {};
  if ([...values.password].length < shortestPassword) errors.password = "tooShort";
  if (values.password !== values.repeat) errors.repeat = "different";
  return errors;
}
