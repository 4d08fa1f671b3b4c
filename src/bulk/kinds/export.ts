import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { z } from 'zod';
import type { OperationKind } from './operation-kind.ts';

const params = z.object({
  format: z.enum(['csv', 'json'], { error: '`format` is `csv` or `json`.' }).default('csv'),
  voters: z.boolean({ error: '`voters` is true or false.' }).default(false),
});

/**
 * Writes polls with their results to files for whoever asked. It reads what is committed at that moment, so it neither
 * holds polls nor minds those that another operation holds, and touches no message.
 */
export const exportPolls: OperationKind<z.infer<typeof params>> = {
  name: 'export',
  words: { infinitive: 'Export', present: 'Exporting', past: 'exported' },
  description: 'Get polls with their results as a file; changes nothing',
  toolbar: 'Export',
  options: [
    {
      type: ApplicationCommandOptionType.String,
      name: 'format',
      description: 'The kind of file (default: csv)',
      choices: ['csv', 'json'].map((value) => ({ name: value, value })),
    },
    {
      type: ApplicationCommandOptionType.Boolean,
      name: 'voters',
      description: 'Also who voted for what; never for anonymous polls',
    },
  ],
  params,
  details: ({ format, voters }) => [
    `format: ${format}`,
    ...(voters ? ['voters: yes, except those of anonymous polls'] : []),
    'the file is for you alone: a private reply, else a direct message',
  ],
  file: ({ format, voters }) => ({ format, voters }),
  destructive: () => false,
  phrase: () => null,
  skipReason: () => null,
  change: () => {
    throw new Error('an export changes no poll');
  },
  setsVotesAside: () => false,
  takesDeleted: false,
  repost: false,
  notifies: () => false,
  undoRefusal: 'An export changes no poll, so there is nothing to undo.',
};
