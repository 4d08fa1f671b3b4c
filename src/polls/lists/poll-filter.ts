import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely';
import { type ZodType, z } from 'zod';
import type { Schema } from '../../db/schema.ts';
import { pollStatuses } from '../poll.ts';
import { inScopeOf } from '../poll-store.ts';
import type { Scope } from '../scope.ts';
import { contains } from './contains.ts';

const eb = expressionBuilder<Schema, 'polls'>();

/**
 * Every filter of polls, in the order in which people see them: its values, as they are also stored, and the polls
 * that it keeps. All else follows from this list: the type, the SQL and the stored form. `targets` in `commands/bulk`
 * must name each of them; from it follow the options of the commands and the picker.
 */
const filters = {
  ids: filter(z.array(z.int()).readonly(), (ids) => sql<boolean>`polls.id = any(${ids}::int[])`),
  status: filter(z.enum(pollStatuses), (status) => eb('status', '=', status)),
  /** A server, under the name that stored filters have for it. */
  guildId: filter(z.string(), (id) => eb('guild_id', '=', id)),
  channelId: filter(z.string(), (id) => eb('channel_id', '=', id)),
  creatorId: filter(z.string(), (id) => eb('creator_id', '=', id)),
  /** The question contains it, ignoring case. */
  text: filter(z.string(), contains, 'question'),
  createdBefore: filter(z.coerce.date(), (time) => eb('created_at', '<', time), 'creation'),
  createdAfter: filter(z.coerce.date(), (time) => eb('created_at', '>', time), 'creation'),
};

interface Filter<Value> {
  readonly values: ZodType<Value>;
  where(value: Value): Expression<SqlBool>;
  /** Which part of a poll decides which index finds it: its question, when it was created, or anything else. */
  readonly about: 'question' | 'creation' | 'else';
}

type Filters = typeof filters;
export type FilterName = keyof Filters;
type Values = { readonly [Name in FilterName]: z.output<Filters[Name]['values']> };

/** Which polls are meant. A poll must fit everything that is given. Deleted polls never match. */
export type PollFilter = Partial<Values>;

export const filterNames = Object.keys(filters) as FilterName[];

/**
 * Reads a filter as it is stored. It refuses what it does not know: without that part the filter would match too
 * much.
 */
export const pollFilter: ZodType<PollFilter> = z.strictObject(schemas(filters)).partial();

/** The conditions on a row of `polls`: what the question contains, if that matters, and the rest. */
export function conditions(
  scope: Scope,
  filter: PollFilter,
): { listed: Expression<SqlBool>; containing: Expression<SqlBool> | null } {
  const given = filterNames.filter((name) => filter[name] !== undefined);
  const inQuestion = given.filter((name) => filters[name].about === 'question');
  const others = given.filter((name) => filters[name].about !== 'question');
  return {
    listed: eb.and([
      eb('deleted_at', 'is', null),
      inScopeOf(scope)(eb),
      ...others.map((name) => condition(name, filter)),
    ]),
    containing: inQuestion.length === 0 ? null : eb.and(inQuestion.map((name) => condition(name, filter))),
  };
}

/** Whether it is narrowed by the time of creation. Then an index on that finds the beginning. */
export function narrowsCreation(filter: PollFilter): boolean {
  return filterNames.some((name) => filter[name] !== undefined && filters[name].about === 'creation');
}

function condition<Name extends FilterName>(name: Name, filter: PollFilter): Expression<SqlBool> {
  const entries: { readonly [Each in FilterName]: Filter<Values[Each]> } = filters;
  const value: Values[Name] | undefined = filter[name];
  return value === undefined ? sql<boolean>`true` : entries[name].where(value);
}

function filter<Value>(
  values: ZodType<Value>,
  where: (value: Value) => Expression<SqlBool>,
  about: Filter<Value>['about'] = 'else',
): Filter<Value> {
  return { values, where, about };
}

function schemas<Each extends Record<string, { readonly values: ZodType }>>(each: Each) {
  return Object.fromEntries(Object.entries(each).map(([name, { values }]) => [name, values])) as {
    [Name in keyof Each]: Each[Name]['values'];
  };
}
