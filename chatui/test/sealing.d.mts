export interface Receiver {
  id: string;
  kem: Uint8Array;
}

export interface SealedRow {
  kek: Uint8Array;
  enc: Uint8Array;
  row: Uint8Array;
}

export class Hub {
  readonly publicKey: Uint8Array;
  /** `spoil` flips a bit of the commitment before everything else is made of it. */
  seal(
    context: string,
    content: string,
    devices: readonly Receiver[],
    spoil?: boolean,
  ): Promise<{ body: Uint8Array; rows: Map<string, SealedRow> }>;
}
