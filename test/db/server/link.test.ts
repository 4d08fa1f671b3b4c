import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { DatabaseProxy } from '../../../sandbox/machine/database-faults/database-proxy.ts';
import { ConnectionLost } from '../../../src/db/server/database-fault.ts';
import { Link } from '../../../src/db/server/link.ts';

test('a deadline holds also where the driver never tells that its connection was ended', async () => {
  await using proxy = await DatabaseProxy.start(inject('postgresUrl'));
  const client = new pg.Client({ connectionString: proxy.url });
  await client.connect();
  const suspicions: string[] = [];
  const link = new Link(client, (reason) => suspicions.push(reason));
  const { stream } = client.connection;
  const destroy = stream.destroy.bind(stream);
  stream.destroy = () => stream;
  proxy.freeze();
  await expect(link.query('select 1', [], 100)).rejects.toThrow(ConnectionLost);
  expect(link.lost).toBe(true);
  destroy();
});
