import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly at: number;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Instead of `body`: a page. */
  readonly page?: string;
}

/** An HTTP server that answers as a test says. Close it when the test is over. */
export async function restServer(reply: (request: Received, nth: number) => Reply | Promise<Reply>) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const at = Date.now();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, headers, body: Buffer.concat(chunks), at };
    received.push(one);
    const { status, headers: extra = {}, body, page } = await reply(one, received.length);
    if (status === 204) {
      response.writeHead(status, extra).end();
      return;
    }
    const type = page === undefined ? 'application/json' : 'text/html';
    response.writeHead(status, { 'content-type': type, ...extra });
    response.end(page ?? JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    received,
    api: `http://127.0.0.1:${port}/api`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
