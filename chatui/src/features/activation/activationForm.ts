import { passwordMinLength } from "@wardline/uikit/session/authApi.ts";

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
  if ([...values.password].length < passwordMinLength) errors.password = "tooShort";
  if (values.password !== values.repeat) errors.repeat = "different";
  return errors;
}
