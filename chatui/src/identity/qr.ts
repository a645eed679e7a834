/** QrPicture is drawn as <svg viewBox="0 0 size size"><path d={path}/></svg> on white; the quiet zone is in it. */
export interface QrPicture {
  readonly size: number;
  readonly path: string;
}
export declare function drawQr(text: string): QrPicture;
/** readQr finds a code in a camera picture; null: none. */
export declare function readQr(picture: { data: Uint8ClampedArray; width: number; height: number }): string | null;
