import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CannotStart, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Service } from '../base/service.ts';
import type { Readiness } from './readiness.ts';

export interface MetricsServerParts {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  metrics(): Promise<string>;
  readiness(): Promise<Readiness>;
  readonly log: Logger;
}

/**
 * Serves `/metrics` for Prometheus; `/healthz`: 200 while the process runs at all; `/readyz`: 200 if database and
 * gateway work, else 503. The last two have a JSON object that says which part is wrong. Nothing in them is secret,
 * and nobody is asked who they are: keep the port on loopback or a private network.
 */
export class MetricsServer implements Service {
  readonly #server: Server;
  readonly #parts: MetricsServerParts;

  constructor(parts: MetricsServerParts) {
    this.#parts = parts;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        parts.log.error({ err: error, path: request.url }, 'a question about metrics or health failed');
        if (!response.headersSent) send(response, 500, 'text/plain', 'internal error\n');
      });
    });
  }

  /** Resolves once it listens. Throws `CannotStart`. */
  async start(): Promise<void> {
    const { host, port } = this.#parts;
    this.#server.listen(port, host);
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      throw new CannotStart(
        `Cannot listen on ${host}:${port} (METRICS_HOST, METRICS_PORT): ${reasonOf(error)}. Free that port, or choose another.`,
        { cause: error },
      );
    }
  }

  /** Where it listens. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return send(response, 405, 'text/plain', 'only GET\n');
    }
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        // https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
        return send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await this.#parts.metrics());
      case '/healthz':
        return send(response, 200, 'application/json', '{"status":"ok"}\n');
      case '/readyz': {
        const { ready, parts } = await this.#parts.readiness();
        const body = JSON.stringify({ status: ready ? 'ok' : 'not ready', ...parts });
        return send(response, ready ? 200 : 503, 'application/json', `${body}\n`);
      }
      default:
        return send(response, 404, 'text/plain', 'there are /metrics, /healthz and /readyz\n');
    }
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(body);
}
