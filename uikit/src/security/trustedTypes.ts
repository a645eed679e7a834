// The pages run under `require-trusted-types-for 'script'; trusted-types default`.
// Two things need a policy: Mantine writes its CSS variables through innerHTML
// of a <style> element, and workers are started from a URL of our own build.

interface PolicyRules {
  createHTML(input: string): string;
  createScriptURL(input: string): string;
}

interface TrustedTypesWindow {
  trustedTypes?: { createPolicy(name: string, rules: PolicyRules): unknown };
}

/** Text without "<" cannot become an element, whatever it is assigned to. */
export function plainTextOnly(input: string): string {
  if (input.includes("<")) {
    throw new TypeError("markup refused by the Trusted Types policy");
  }
  return input;
}

/** Only scripts of this build: the service worker and hashed assets. */
export function ownScriptOnly(input: string, base: string): string {
  const url = new URL(input, base);
  const own = url.origin === new URL(base).origin;
  if (!own || !/^\/(sw\.js|assets\/[\w.-]+\.js)$/.test(url.pathname)) {
    throw new TypeError("script address refused by the Trusted Types policy");
  }
  return url.href;
}

/** installTrustedTypes is called once, before React renders anything. */
export function installTrustedTypes(): void {
  const { trustedTypes } = window as TrustedTypesWindow;
  trustedTypes?.createPolicy("default", {
    createHTML: plainTextOnly,
    createScriptURL: (input) => ownScriptOnly(input, window.location.href),
  });
}
