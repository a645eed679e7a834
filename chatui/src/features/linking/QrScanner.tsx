import { Button, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Linking.module.css";
import { cameraFault, reader, type CameraFault } from "./scan.ts";

const betweenMs = 120;

interface Props {
  onFound: (text: string) => void;
  onClose: () => void;
}

async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no camera", "NotFoundError");
  return navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
}

/** QrScanner shows the camera until a code is found. The picture never leaves the device. */
export function QrScanner({ onFound, onClose }: Props) {
  const { t } = useTranslation("linking");
  const video = useRef<HTMLVideoElement>(null);
  const [fault, setFault] = useState<CameraFault | null>(null);
  const found = useRef(onFound);
  found.current = onFound;

  useEffect(() => {
    const read = reader();
    let over = false;
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setTimeout>;
    const look = async (): Promise<void> => {
      const text = video.current ? await read(video.current) : null;
      if (over) return;
      if (text) return found.current(text);
      timer = setTimeout(() => void look(), betweenMs);
    };
    const stop = (): void => {
      over = true;
      clearTimeout(timer);
      stream?.getTracks().forEach((track) => track.stop());
    };
    const start = async (): Promise<void> => {
      stream = await openCamera();
      if (over || !video.current) return stop();
      video.current.srcObject = stream;
      await video.current.play();
      await look();
    };
    start().catch((error: unknown) => over || setFault(cameraFault(error)));
    return stop;
  }, []);

  return (
    <Stack gap="xs" data-testid="scanner">
      {fault ? (
        <Text role="alert" c="var(--mantine-color-error)" data-testid="camera-fault" data-fault={fault}>
          {t(`camera.${fault}`)}
        </Text>
      ) : (
        <>
          <video ref={video} className={classes["video"]} muted playsInline aria-label={t("camera.label")} />
          <Text size="sm" c="dimmed">
            {t("camera.hint")}
          </Text>
        </>
      )}
      <Button variant="default" onClick={onClose}>
        {t(fault ? "camera.back" : "camera.close")}
      </Button>
    </Stack>
  );
}
