/** Stands in for Discord's REST API (its reference, "API Reference", "Rate Limits"). */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, refuse } from '../rules/api-error.ts';
import type { Limits } from '../rules/limits.ts';
import { checkBody } from '../rules/validate.ts';
import { Signal } from '../world/signal.ts';
import type { World } from '../world/world.ts';
import type { Fault, Faults } from './faults.ts';
import { type ReadBody, readBody } from './read-body.ts';
import type { RequestRecord, Violation } from './request-record.ts';
import type { Answer, Call, Route } from './route.ts';

/** How many milliseconds a request is under way, there and back: a figure, or from–to. */
export type Latency = number | readonly [number, number];

export interface RestOptions {
  readonly world: World;
  readonly token: string;
  readonly routes: readonly Route[];
  readonly limits: () => Limits;
  readonly faults: Faults;
  readonly latency: () => Latency;
  /** Null: files take no time. */
  readonly uploadBytesPerMs: () => number | null;
  readonly random: () => number;
}

interface Replied extends Answer {
  readonly html?: string;
  readonly headers?: Record<string, string>;
}

/** The HTTP side. A request passes log, faults, authorization, limits and validation, and then its route. */
export class RestServer {
  readonly http: Server;
  readonly requests: RequestRecord[] = [];
  readonly violations: Violation[] = [];
  readonly changed = new Signal();
  readonly #options: RestOptions;
  readonly #routes: readonly (Route & { pattern: RegExp })[];

  constructor(options: RestOptions) {
    this.#options = options;
    this.#routes = options.routes.map((route) => ({ ...route, pattern: patternOf(route.path) }));
    this.http = createServer((request, response) => void this.#serve(request, response));
    this.http.on('connection', (socket) => {
      socket.setNoDelay(true);
      if (options.faults.outage === 'refuse') socket.destroy();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (this.#options.faults.outage === 'refuse') return void request.socket.destroy();
      const url = new URL(request.url ?? '/', 'http://sandbox');
      if (url.pathname.startsWith('/attachments/')) return this.#attachment(url, response);
      const read = await readBody(request);
      await pause(this.#halfWay() + this.#uploading(read));
      const { record, route, params } = this.#log(request, url, read);
      const fault = this.#options.faults.take(record);
      await fault?.before?.(record);
      if (fault?.delayMs) await pause(fault.delayMs);
      if (fault?.loseRequest) return this.#cut(request, record);
      const replied = this.#reply(request, record, route, params, url, read, fault);
      record.code = (replied.body as { code?: number } | undefined)?.code ?? null;
      await fault?.after?.(record);
      if (fault?.delayReplyMs) await pause(fault.delayReplyMs);
      await pause(this.#halfWay());
      if (fault?.loseReply) return this.#cut(request, record);
      this.#settle(record, replied.status);
      send(response, replied);
    } catch (error) {
      send(response, { status: 500, body: { message: String(error), code: 0 } });
      // A mistake in the sandbox itself must not look like an outage of Discord.
      this.violations.push({
        method: request.method ?? '',
        path: request.url ?? '',
        reason: `sandbox: ${error}`,
        body: null,
      });
    }
  }

  #log(request: IncomingMessage, url: URL, read: ReadBody) {
    const path = decodeURIComponent(url.pathname).replace(/^\/api(\/v\d+)?/, '');
    const method = request.method ?? 'GET';
    const route = this.#routes.find(
      (candidate) => candidate.method === method && candidate.pattern.test(path),
    );
    const record: RequestRecord = {
      method,
      path,
      query: url.search,
      route: route?.path ?? null,
      at: this.#options.world.now(),
      body: read.json,
      files: read.files.map((file) => file.name),
      status: null,
      code: null,
      limit: null,
      tookMs: null,
    };
    this.requests.push(record);
    this.changed.emit();
    return { record, route, params: route?.pattern.exec(path)?.groups ?? {} };
  }

  #reply(
    request: IncomingMessage,
    record: RequestRecord,
    route: Route | undefined,
    params: Record<string, string>,
    url: URL,
    read: ReadBody,
    fault: Fault | null,
  ): Replied {
    if (this.#options.faults.outage === '503')
      return { status: 503, body: { message: '503: Service Unavailable', code: 0 } };
    if (fault?.status !== undefined)
      return {
        status: fault.status,
        body: fault.body ?? { message: `${fault.status}`, code: 0 },
        headers: fault.headers ?? {},
        ...(fault.html !== undefined && { html: fault.html }),
      };
    if (!route) {
      this.#violate(record, `no such route: ${record.method} ${record.path}`);
      return asAnswer(refuse.notFound());
    }
    if (route.auth === 'bot' && request.headers.authorization !== `Bot ${this.#options.token}`)
      return asAnswer(refuse.unauthorized());
    const call: Call = {
      world: this.#options.world,
      params,
      query: url.searchParams,
      body: read.json as never,
      files: read.files,
    };
    const verdict = this.#options.limits().take(route.limits?.(call) ?? [], route.global ?? true);
    record.limit = verdict.refusal?.scope ?? null;
    if (verdict.refusal) return { status: 429, body: verdict.refusal.body, headers: verdict.headers };
    return { headers: verdict.headers, ...this.#handle(record, route, call) };
  }

  #handle(record: RequestRecord, route: Route, call: Call): Answer {
    try {
      const found = route.body ? checkBody(route.body, call.body) : { unknown: [], error: null };
      for (const field of found.unknown) this.#violate(record, `unknown field: ${field}`);
      if (found.error) throw found.error;
      return route.handle(call);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.mistake) this.#violate(record, `${error.message} ${JSON.stringify(error.errors ?? {})}`);
      return asAnswer(error);
    }
  }

  #violate(record: RequestRecord, reason: string): void {
    this.violations.push({ method: record.method, path: record.path, reason, body: record.body });
  }

  #cut(request: IncomingMessage, record: RequestRecord): void {
    this.#settle(record, 0);
    request.socket.destroy();
  }

  #settle(record: RequestRecord, status: number): void {
    record.status = status;
    record.tookMs = this.#options.world.now() - record.at;
    this.changed.emit();
  }

  #attachment(url: URL, response: ServerResponse): void {
    const [, , channelId, attachmentId] = url.pathname.split('/');
    const messages = [...(this.#options.world.channels.get(channelId ?? '')?.byId.values() ?? [])];
    const file = messages.flatMap((message) => message.attachments).find(({ id }) => id === attachmentId);
    if (file) response.writeHead(200, { 'content-type': file.contentType }).end(file.data);
    else send(response, { status: 404, body: { message: 'no such file' } });
  }

  /** How long its files take on their way. */
  #uploading({ files }: ReadBody): number {
    const rate = this.#options.uploadBytesPerMs();
    return rate === null ? 0 : files.reduce((sum, file) => sum + file.data.length, 0) / rate;
  }

  #halfWay(): number {
    const latency = this.#options.latency();
    if (typeof latency === 'number') return latency / 2;
    return (latency[0] + (latency[1] - latency[0]) * this.#options.random()) / 2;
  }
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}

function patternOf(path: string): RegExp {
  const source = path.replace(/[.@]/g, '\\$&').replace(/:(\w+)/g, '(?<$1>[^/]+)');
  return new RegExp(`^${source}$`);
}

function asAnswer(error: ApiError): Answer {
  return { status: error.status, body: error };
}

function send(response: ServerResponse, { status, body, headers, html }: Replied): void {
  if (response.destroyed || response.headersSent) return;
  // discord.js parses every answer that names a content type, so a 204 must name none.
  if (status === 204) return void response.writeHead(204, headers).end();
  if (html !== undefined)
    return void response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(html);
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify(body ?? {}));
}
