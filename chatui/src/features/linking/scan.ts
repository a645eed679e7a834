import { readQr } from "../../identity/qr.ts";

export type CameraFault = "denied" | "none" | "busy";

/** cameraFault says in one word why there is no picture. */
export function cameraFault(error: unknown): CameraFault {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "none";
}

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

type DetectorClass = new (options: { formats: string[] }) => Detector;

// Wide enough for a code of 60 modules, small enough for ten pictures a second on an old phone.
const widest = 640;

/** nativeDetector is the browser's own reader where it has one. */
function nativeDetector(): Detector | null {
  const Class = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  try {
    return Class ? new Class({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

function readFrame(video: HTMLVideoElement, canvas: HTMLCanvasElement): string | null {
  const scale = Math.min(1, widest / video.videoWidth);
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context || canvas.width === 0 || canvas.height === 0) return null;
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return readQr(context.getImageData(0, 0, canvas.width, canvas.height));
}

/** reader gives the text of a code in the picture, or null. */
export function reader(): (video: HTMLVideoElement) => Promise<string | null> {
  let native = nativeDetector();
  const canvas = document.createElement("canvas");
  return async (video) => {
    if (video.readyState < video.HAVE_CURRENT_DATA) return null;
    if (native) {
      const found = await native.detect(video).catch(() => (native = null));
      if (found) return found[0]?.rawValue ?? null;
    }
    return readFrame(video, canvas);
  };
}
