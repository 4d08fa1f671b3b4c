import type { Variable } from '../src/base/variables.ts';

type Variables = Readonly<Record<string, Variable>>;

/** Not a word that any variable understands: what it answers says what it expects. */
const nonsense = '\0';

/** The text of `.env.example`. */
export function envExample(variables: Variables): string {
  const head =
    '# Copy to .env and fill in. The environment wins over this file. An empty value counts as not set.\n';
  const entries = Object.entries(variables).map(([name, { schema, means, unset }]) => {
    const words = means.replaceAll('`', '').replace(/\[.*\]\((.*)\)/, '$1');
    const expected = schema.safeParse(nonsense).error?.issues[0]?.message;
    const lines = [
      `${words.charAt(0).toUpperCase()}${words.slice(1)}.`,
      ...(expected === undefined ? [] : [`Expected: ${expected}.`]),
      ...(isRequired(schema) ? ['Required.'] : unset === undefined ? [] : [`If not set: ${unset}.`]),
    ];
    return `${lines.map((line) => `# ${line}\n`).join('')}${name}=${defaultOf(schema)}\n`;
  });
  return [head, ...entries].join('\n');
}

/** A row for each variable, in Markdown. */
export function variableTable(variables: Variables): string {
  const rows = Object.entries(variables).map(([name, { schema, means, unset }]) => {
    const missing = isRequired(schema) ? 'required' : `\`${defaultOf(schema)}\``;
    return `| \`${name}\` | ${unset ?? missing} | ${means} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function isRequired(schema: Variable['schema']): boolean {
  return !schema.safeParse(undefined).success;
}

/** As text in the environment; empty if there is none. */
function defaultOf(schema: Variable['schema']): string {
  return String(schema.safeParse(undefined).data ?? '');
}
