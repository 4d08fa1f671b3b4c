import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** A certificate for 127.0.0.1 that is its own authority, until 2126, and its key: known to everybody, of use to nobody. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUJfxD6HdqFynLfY3mY8jSA6xfdpwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTA4NDMzM1oYDzIxMjYxMTAx
MDg0MzMzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASmmVe5xubdK1eDqWUo7cTCE9CX1kWcDm0VHP+l5i8+iSP/rLOEVD49
f8zg4Y9kPkZ5jNJDPT4GOTEXYdGrf86fo28wbTAdBgNVHQ4EFgQUsjRM5JEsDBch
/nvztQC8RzVcG74wHwYDVR0jBBgwFoAUsjRM5JEsDBch/nvztQC8RzVcG74wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDRwAwRAIgFEl2qtdZ9IZlm0NeThNTmguIMWAzbp74QkOzqekzczsCIB2Y
G9Br5YWHpEQChKgq6EX1gJGgt7GACpC6c1kZ/1Wg
-----END CERTIFICATE-----
`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1Hml6BU5tnzvwTUr
di6UewP2D2Hnmju3DhgTY31zS4ahRANCAASmmVe5xubdK1eDqWUo7cTCE9CX1kWc
Dm0VHP+l5i8+iSP/rLOEVD49f8zg4Y9kPkZ5jNJDPT4GOTEXYdGrf86f
-----END PRIVATE KEY-----
`;

/** A server that takes up TLS as PostgreSQL does, with that certificate, and then hangs up. */
export async function startTlsServer(): Promise<{ port: number; server: Server }> {
  const secureContext = createSecureContext({ cert: certificate, key });
  const server = createServer((socket) => {
    // SSLRequest, answered with S: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
    socket.once('data', () => {
      socket.write('S');
      const encrypted = new TLSSocket(socket, { isServer: true, secureContext });
      encrypted.once('data', () => encrypted.destroy());
      encrypted.on('error', () => socket.destroy());
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}
