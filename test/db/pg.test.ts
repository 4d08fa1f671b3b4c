import { Socket } from 'node:net';
import pg from 'pg';
import { expect, inject, test } from 'vitest';

test('pg has what its types leave out and the bot uses', async () => {
  const client = new pg.Client({ connectionString: inject('postgresUrl'), application_name: 'gavel' });
  expect(client.getStartupConf()).toMatchObject({ application_name: 'gavel' });
  expect(client).toMatchObject({ processID: null, secretKey: null });
  await client.connect();
  try {
    const { rows } = await client.query('select pg_backend_pid() as pid');
    expect(client.processID).toBe(rows[0].pid);
    expect(client.secretKey).toEqual(expect.any(Number));
    expect(client.connection.stream).toBeInstanceOf(Socket);
  } finally {
    await client.end();
  }
});
