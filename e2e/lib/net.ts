import net from 'node:net';

/** A free port on loopback. Another process could take it meanwhile; tests run one at a time. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Connects, trying again until the peer listens or the time is over. */
export async function dial(port: number, within = 15_000): Promise<net.Socket> {
  const end = Date.now() + within;
  for (;;) {
    try {
      return await new Promise<net.Socket>((resolve, reject) => {
        const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
        socket.once('error', reject);
      });
    } catch (err) {
      if (Date.now() > end) throw err;
      await new Promise((r) => setTimeout(r, 100));
    }
  }
}

/** Polls until get returns something, or fails with what was waited for. */
export async function until<T>(what: string, get: () => T | undefined | Promise<T | undefined>, within = 15_000): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    const got = await get();
    if (got !== undefined) return got;
    if (Date.now() > end) throw new Error(`waited ${within} ms for ${what}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}
