import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { z } from 'zod';
import { defineKind } from './define-kind.ts';

/**
 * Writes polls with their results to files for the person who asked. It reads what is committed at that moment. So it
 * holds no polls, takes those that another operation holds, and touches no message.
 */
export const exportPolls = defineKind({
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
  params: z.object({
    format: z.enum(['csv', 'json'], { error: '`format` is `csv` or `json`.' }).default('csv'),
    voters: z.boolean({ error: '`voters` is true or false.' }).default(false),
  }),
  details: ({ format, voters }) => [
    `format: ${format}`,
    ...(voters ? ['voters: yes, except those of anonymous polls'] : []),
    'the file is for you alone: a private reply, else a direct message',
  ],
  file: (params) => params,
  undoRefusal: 'An export changes no poll, so there is nothing to undo.',
});
