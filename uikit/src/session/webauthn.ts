/** How a ceremony with an authenticator failed, in the words the pages have a text for. */
export type PasskeyFailure = "unsupported" | "insecure" | "cancelled" | "known" | "failed";

export class PasskeyError extends Error {
  constructor(readonly failure: PasskeyFailure) {
    super(failure);
  }
}

/** Byte fields of WebAuthn's JSON form (level 3, section 5.1.9) are base64url without padding. */
export function toBase64Url(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}

interface DescriptorJson {
  id: string;
  type: "public-key";
  transports?: AuthenticatorTransport[];
}

/** What the hub sends before a passkey is made. */
export interface CreationJson {
  challenge: string;
  rp: PublicKeyCredentialRpEntity;
  user: { id: string; name: string; displayName: string };
  pubKeyCredParams: PublicKeyCredentialParameters[];
  timeout?: number;
  excludeCredentials?: DescriptorJson[];
  authenticatorSelection?: AuthenticatorSelectionCriteria;
  attestation?: AttestationConveyancePreference;
}

/** What the hub sends before a passkey is used. */
export interface RequestJson {
  challenge: string;
  rpId?: string;
  timeout?: number;
  allowCredentials?: DescriptorJson[];
  userVerification?: UserVerificationRequirement;
}

function descriptor(from: DescriptorJson): PublicKeyCredentialDescriptor {
  return { ...from, id: fromBase64Url(from.id) };
}

export function creationOptions(from: CreationJson): PublicKeyCredentialCreationOptions {
  const { excludeCredentials, ...rest } = from;
  return {
    ...rest,
    challenge: fromBase64Url(from.challenge),
    user: { ...from.user, id: fromBase64Url(from.user.id) },
    ...(excludeCredentials && { excludeCredentials: excludeCredentials.map(descriptor) }),
  };
}

export function requestOptions(from: RequestJson): PublicKeyCredentialRequestOptions {
  const { allowCredentials, ...rest } = from;
  return {
    ...rest,
    challenge: fromBase64Url(from.challenge),
    ...(allowCredentials && { allowCredentials: allowCredentials.map(descriptor) }),
  };
}

/** passkeySupport says what keeps this page from using passkeys; null: nothing. */
export function passkeySupport(): "unsupported" | "insecure" | null {
  if (!window.isSecureContext) return "insecure";
  // Browsers know passkeys by names only: nobody can register one at an IP address.
  if (/^[\d.]+$|^\[/.test(window.location.hostname)) return "insecure";
  return typeof PublicKeyCredential === "function" ? null : "unsupported";
}

function failureOf(error: unknown): PasskeyFailure {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return "cancelled";
  if (name === "InvalidStateError") return "known";
  if (name === "SecurityError") return "insecure";
  return name === "NotSupportedError" ? "unsupported" : "failed";
}

async function ceremony(run: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  const missing = passkeySupport();
  if (missing) throw new PasskeyError(missing);
  try {
    const made = await run();
    if (made instanceof PublicKeyCredential) return made;
  } catch (error) {
    throw new PasskeyError(failureOf(error));
  }
  throw new PasskeyError("failed");
}

function common(made: PublicKeyCredential) {
  return {
    id: made.id,
    rawId: toBase64Url(made.rawId),
    type: made.type,
    clientExtensionResults: made.getClientExtensionResults(),
    authenticatorAttachment: made.authenticatorAttachment,
  };
}

/** createPasskey asks the authenticator for a new passkey and returns it in JSON form. */
export async function createPasskey(from: CreationJson): Promise<Record<string, unknown>> {
  const made = await ceremony(() => navigator.credentials.create({ publicKey: creationOptions(from) }));
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...common(made),
    response: {
      clientDataJSON: toBase64Url(response.clientDataJSON),
      attestationObject: toBase64Url(response.attestationObject),
      transports: response.getTransports(),
    },
  };
}

/** getPasskey asks for a proof with a passkey; `signal` ends a request that waits in a form. */
export async function getPasskey(
  from: RequestJson,
  options: { mediation?: CredentialMediationRequirement; signal?: AbortSignal } = {},
): Promise<Record<string, unknown>> {
  const made = await ceremony(() => navigator.credentials.get({ publicKey: requestOptions(from), ...options }));
  const response = made.response as AuthenticatorAssertionResponse;
  return {
    ...common(made),
    response: {
      clientDataJSON: toBase64Url(response.clientDataJSON),
      authenticatorData: toBase64Url(response.authenticatorData),
      signature: toBase64Url(response.signature),
      userHandle: response.userHandle && toBase64Url(response.userHandle),
    },
  };
}
