import type { Socket } from "../stream/stream.ts";

const protocol = "wardline.v1";

/** connect opens the stream of the origin the page came from; the session cookie goes along. */
export function connect(): Socket {
  const address = new URL("/api/v1/stream", window.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address, protocol);
  socket.binaryType = "arraybuffer";
  return socket as unknown as Socket;
}
