import type { AddressInfo, Server } from 'node:net';

/** `upstream`, the URL of a PostgreSQL server, as clients reach it through `server`, which listens on loopback. */
export function loopbackUrl(upstream: string | URL, server: Server): string {
  const url = new URL(upstream);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return url.href;
}
