import net from 'node:net';

/** Whether nobody listens on a port of loopback at this moment. */
async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * A free port on loopback, below the range the kernel gives to outgoing connections: one of
 * those would else sooner or later sit on the port of a hub that is being started again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
}

/** Tries once; the reason when nobody answers. */
async function knock(port: number): Promise<net.Socket | Error> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', resolve);
  });
}

/** Connects, trying again until the peer listens or the time is over. */
export async function dial(port: number, within = 15_000): Promise<net.Socket> {
  return until(`port ${port} to answer`, async () => {
    const answer = await knock(port);
    return answer instanceof Error ? undefined : answer;
  }, within);
}

/** Waits until nobody listens on a port any more. */
export async function closed(port: number): Promise<void> {
  await until(`port ${port} to be closed`, async () => {
    const answer = await knock(port);
    if (answer instanceof Error) return true;
    answer.destroy();
    return undefined;
  });
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

/** A cable between a browser and the hub that can be pulled. */
export class Cable {
  readonly url: string;
  private readonly sockets = new Set<net.Socket>();
  private server?: net.Server;

  private constructor(private readonly port: number, private readonly to: number) {
    this.url = `http://localhost:${port}`;
  }

  static async plug(url: string): Promise<Cable> {
    const cable = new Cable(await freePort(), Number(new URL(url).port));
    await cable.mend();
    return cable;
  }

  /** Ends every connection and takes no new one. */
  async pull(): Promise<void> {
    const { server } = this;
    if (!server) return;
    const ended = new Promise((r) => server.close(r));
    for (const socket of this.sockets) socket.destroy();
    await ended;
  }

  async mend(): Promise<void> {
    const server = net.createServer((near) => {
      const far = net.connect(this.to, '127.0.0.1');
      for (const [one, other] of [[near, far], [far, near]] as const) {
        this.sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          this.sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    this.server = server;
    await new Promise<void>((r) => server.listen(this.port, '127.0.0.1', r));
  }
}
