import { connect } from 'node:net';
import type pg from 'pg';

const cancelRequest = 80877102;
const withinMs = 2_000;

/**
 * Asks the server to give up the statement of this client's session, over a connection of its own, as the protocol
 * demands (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS). There is no
 * answer. If the server is gone, there is nothing to give up.
 */
export function cancelStatement(client: pg.Client): void {
  const { host, port, processID, secretKey } = client;
  if (processID === null || secretKey === null) return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(cancelRequest, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(withinMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', () => {});
  socket.end(request);
}
