export const idPrefix = "config";

/** Field names have underscores, so @rjsf separates the parts of an id by this. */
export const idSeparator = "/";

/** pathOfId: "config/tls/key_file" is the field "tls.key_file". */
export function pathOfId(id: string): string {
  return id.split(idSeparator).slice(1).join(".");
}
