import jsQR from "jsqr";

/** The largest picture that is searched: a camera frame of 4K. */
const maxPixels = 3_840 * 2_160;

/** readQr finds a code in a camera picture; null: none. */
export function readQr({ data, width, height }: { data: Uint8ClampedArray; width: number; height: number }): string | null {
  if (width * height > maxPixels || data.length !== width * height * 4) return null;
  return jsQR(data, width, height, { inversionAttempts: "dontInvert" })?.data ?? null;
}
