import { type APIApplicationCommandIntegerOption, ApplicationCommandOptionType } from 'discord-api-types/v10';
import { greatestRowId } from '../../src/db/row-id.ts';

/** The option that takes a poll's number. */
export const pollOption: APIApplicationCommandIntegerOption = {
  type: ApplicationCommandOptionType.Integer,
  name: 'poll',
  description: 'The number of the poll',
  required: true,
  min_value: 1,
  max_value: greatestRowId,
  autocomplete: true,
};
