/** Stands in for "Get Gateway" and "Get Gateway Bot" (Discord's reference, "Gateway"). */

import { ok, type Route } from './route.ts';

/** Where the gateway is, and how many shards are recommended. */
export function gatewayRoutes(url: () => string, shards: number): readonly Route[] {
  return [
    { method: 'GET', path: '/gateway', auth: 'none', handle: () => ok({ url: url() }) },
    {
      method: 'GET',
      path: '/gateway/bot',
      auth: 'bot',
      handle: () =>
        ok({
          url: url(),
          shards,
          session_start_limit: { total: 1000, remaining: 999, reset_after: 3_600_000, max_concurrency: 16 },
        }),
    },
  ];
}
