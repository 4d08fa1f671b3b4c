import { DiscordAPIError, HTTPError } from '@discordjs/rest';
import type { CallOptions, RestCalls, Route } from '../../src/delivery/rest-calls.ts';
import { messageIdAt } from './snowflakes.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly route: string;
  readonly options: CallOptions;
}

interface Message {
  id: string;
  channel_id: string;
  author: { id: string };
  nonce?: string;
  [field: string]: unknown;
}

/** The one that everybody is written to in. */
const directChannel = '200000000000000099';
export const botId = '900000000000000001';

/** Discord's message routes in memory: messages, nonces, and faults that a test puts in the way. */
export class FakeDiscord implements RestCalls {
  readonly calls: Call[] = [];
  readonly messages = new Map<string, Message>();
  /** Runs before a call takes effect; throwing refuses it. */
  before: (call: Call) => void | Promise<void> = () => undefined;
  /** Runs after a call took effect; throwing loses the answer. */
  after: (call: Call) => void | Promise<void> = () => undefined;
  /** Forgets the nonces, as Discord does after a few minutes. */
  forgetNonces = () => this.#nonces.clear();
  readonly #nonces = new Map<string, string>();
  #serial = 0;

  get(route: Route, options: CallOptions = {}) {
    return this.#call({ method: 'GET', route, options }, () => {
      const [after, limit] = ['after', 'limit'].map((name) => options.query?.get(name) ?? '0');
      const since = [...this.messages.values()].filter(
        ({ id, channel_id }) => channel_id === route.split('/')[2] && BigInt(id) > BigInt(after!),
      );
      since.sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
      return since.slice(0, Number(limit)).reverse();
    });
  }

  post(route: Route, options: CallOptions = {}) {
    return this.#call({ method: 'POST', route, options }, () => {
      if (route === '/users/@me/channels') return { id: directChannel };
      const body = options.body as { nonce?: string };
      const known = body.nonce === undefined ? undefined : this.#nonces.get(body.nonce);
      if (known !== undefined) return { ...this.messages.get(known), id: known };
      this.#serial += 1;
      const id = messageIdAt(Date.now(), this.#serial);
      const message = { ...body, id, channel_id: route.split('/')[2]!, author: { id: botId } };
      this.messages.set(id, message);
      if (body.nonce !== undefined) this.#nonces.set(body.nonce, id);
      return message;
    });
  }

  patch(route: Route, options: CallOptions = {}) {
    return this.#call({ method: 'PATCH', route, options }, () => {
      // Opening a thread: the fake knows messages alone.
      if (!route.includes('/messages/')) return {};
      const message = this.#find(route, 'PATCH');
      Object.assign(message, options.body);
      return message;
    });
  }

  delete(route: Route, options: CallOptions = {}) {
    return this.#call({ method: 'DELETE', route, options }, () => {
      this.messages.delete(this.#find(route, 'DELETE').id);
      return null;
    });
  }

  made(method: Call['method']): Call[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** The one message that there is. */
  only(): Message {
    const [message, ...others] = this.messages.values();
    if (!message || others.length > 0) throw new Error(`${this.messages.size} messages, not one`);
    return message;
  }

  #find(route: string, method: string): Message {
    const message = this.messages.get(route.split('/').at(-1)!);
    if (!message) throw refusal(404, 10008, 'Unknown Message', method);
    return message;
  }

  async #call(call: Call, effect: () => unknown): Promise<unknown> {
    this.calls.push(call);
    await this.before(call);
    const result = effect();
    await this.after(call);
    return structuredClone(result);
  }
}

/** For `before` and `after`: every call of this method throws the error. */
export function failing(method: Call['method'], error: () => Error) {
  return (call: Call) => {
    if (call.method === method) throw error();
  };
}

export function refusal(status: number, code: number, message: string, method = 'PATCH'): Error {
  return new DiscordAPIError({ code, message }, code, status, method, 'http://localhost/', {
    files: undefined,
    body: undefined,
  });
}

export function serverError(status = 503): Error {
  return new HTTPError(status, 'Service Unavailable', 'PATCH', 'http://localhost/', {
    files: undefined,
    body: undefined,
  });
}

export function lostAnswer(): Error {
  return Object.assign(new Error('the answer was lost'), { name: 'AbortError' });
}
