// The server's half of a WebSocket (RFC 6455), as far as the mock server needs it.
import { createHash } from "node:crypto";

const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export function accept(request, socket) {
  const key = createHash("sha1").update(request.headers["sec-websocket-key"] + magic).digest("base64");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${key}\r\nSec-WebSocket-Protocol: wardline.v1\r\n\r\n`,
  );
  return new Peer(socket);
}

class Peer {
  constructor(socket) {
    this.socket = socket;
    this.onmessage = () => undefined;
    this.onclose = () => undefined;
    let rest = Buffer.alloc(0);
    socket.on("data", (data) => {
      rest = this.#read(Buffer.concat([rest, data]));
    });
    socket.on("close", () => this.onclose());
    socket.on("error", () => socket.destroy());
  }

  #read(data) {
    while (data.length >= 2) {
      const opcode = data[0] & 15;
      let length = data[1] & 127;
      let at = 2;
      if (length === 126) [length, at] = [data.readUInt16BE(2), 4];
      if (data.length < at + 4 + length) break;
      const mask = data.subarray(at, at + 4);
      const payload = Buffer.from(data.subarray(at + 4, at + 4 + length)).map((byte, i) => byte ^ mask[i % 4]);
      if (opcode === 1) this.onmessage(JSON.parse(Buffer.from(payload).toString()));
      if (opcode === 8) this.socket.end();
      data = data.subarray(at + 4 + length);
    }
    return data;
  }

  #frame(opcode, payload) {
    const head = payload.length < 126 ? Buffer.from([128 | opcode, payload.length]) : Buffer.alloc(4);
    if (payload.length >= 126) {
      head[0] = 128 | opcode;
      head[1] = 126;
      head.writeUInt16BE(payload.length, 2);
    }
    if (!this.socket.destroyed) this.socket.write(Buffer.concat([head, payload]));
  }

  say(message) {
    this.#frame(1, Buffer.from(JSON.stringify(message)));
  }

  item(bytes) {
    this.#frame(2, bytes);
  }

  drop() {
    this.socket.destroy();
  }
}
