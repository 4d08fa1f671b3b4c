import { randomUUID } from 'node:crypto';
import { withClient } from './with-client.ts';

/** The URL of a new database on this server, whose name begins with `prefix`. It goes with the server: nothing drops it. */
export async function createDatabase(
  serverUrl: string,
  prefix: string,
  template = 'template1',
): Promise<string> {
  const name = `${prefix}_${randomUUID().replaceAll('-', '')}`;
  await withClient(serverUrl, (client) => client.query(`create database ${name} template ${template}`));
  return Object.assign(new URL(serverUrl), { pathname: name }).href;
}
