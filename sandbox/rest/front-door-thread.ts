import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { receivedHeader } from './front-door.ts';

const { port } = workerData as { port: number };

const server = createServer(passOn);
server.on('connection', (socket) => socket.setNoDelay(true));
server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));

/** A connection that is cut on one side is cut on the other. */
function passOn(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { connection: _hop, ...kept } = incoming.headers;
  const onward = request({
    host: '127.0.0.1',
    port,
    method: incoming.method,
    path: incoming.url,
    headers: { ...kept, [receivedHeader]: String(Date.now()) },
    // A connection each: one that was kept could be closed just when it is used again.
    agent: false,
  });
  onward.setNoDelay(true);
  onward.on('response', (answer) => {
    const { connection: _hop, 'keep-alive': _life, ...headers } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, headers);
    answer.on('error', () => incoming.socket.destroy());
    answer.pipe(outgoing);
  });
  onward.on('error', () => incoming.socket.destroy());
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) onward.destroy();
  });
  incoming.pipe(onward);
}
