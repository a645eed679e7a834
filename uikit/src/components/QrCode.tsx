import { useMemo } from "react";
import { drawQr } from "./qrPicture.ts";
import classes from "./QrCode.module.css";

/** QrCode is black on white in dark mode too: cameras expect it. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => drawQr(text), [text]);
  return (
    <svg className={classes["qr"]} viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges" data-testid="qr" data-text={text}>
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}
