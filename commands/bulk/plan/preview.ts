import type { ChatInputCommandInteraction } from 'discord.js';
import { UserError } from '../../../src/base/errors.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller, PressHandler } from '../../../src/bot/handlers.ts';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import { discardDraft, usableDraft } from '../../../src/bulk/plan/confirm.ts';
import type { Asking } from '../../../src/bulk/plan/draft-store.ts';
import { type PlanRequest, planOperation } from '../../../src/bulk/plan/plan.ts';
import { assertRoomForPreview } from '../../../src/bulk/preview/open-previews.ts';
import { renderClosedPreview, renderPreview } from '../../../src/bulk/preview/preview-embed.ts';
import { readPreview } from '../../../src/bulk/preview/preview-store.ts';
import { readSelection } from '../../../src/bulk/selection/selection-store.ts';
import { selectedText } from '../../../src/bulk/selection/selection-text.ts';
import { formatPollNumbers } from '../../../src/bulk/words/poll-numbers.ts';
import { cleanLine } from '../../../src/polls/text.ts';
import { chosenPingRole } from '../../poll/check-ping-role.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { actorOf, askingOf, ownerOf, requireAdmin } from '../request/caller.ts';
import { readTargets } from '../request/read-targets.ts';
import { pingRoleGuard } from './ping-role-guard.ts';

const longestReason = 300;

/** `/bulk <operation>`: freezes the plan and shows its preview. Without a target option it is about the saved selection. */
export async function previewOperation(
  services: BulkServices,
  interaction: ChatInputCommandInteraction,
  caller: Caller,
): Promise<MessageBody> {
  const scope = requireAdmin(caller);
  const now = services.clock.now();
  const kind = operationKind(interaction.options.getSubcommand());
  const values = ownOptions(interaction, kind.options);
  const written = readTargets(interaction, { ...services, scope, now, maxPolls: services.limits.maxPolls });
  return await planAndShow(services, interaction, caller, {
    kind,
    params: readParams(kind, values, now),
    ...(Object.keys(written.targets).length > 0 ? written : await selectedTargets(services, caller)),
    forbids: pingRoleGuard(interaction, chosenPingRole(interaction)),
    reason: readReason(interaction),
    private: interaction.options.getBoolean('private') ?? false,
  });
}

/** The saved selection as targets. Throws `UserError` where nothing is selected that is still there. */
export async function selectedTargets(
  services: BulkServices,
  caller: Caller,
): Promise<Pick<PlanRequest, 'targets' | 'filter' | 'absent'>> {
  const { ids, gone } = await readSelection(services.db, ownerOf(caller));
  if (ids.length === 0) throw gone.length === 0 ? noSelection() : onlyDeleted(gone);
  return {
    targets: { selection: selectedText({ ids, gone }) },
    filter: { ids: [...ids, ...gone] },
    absent: 'deleted since it was selected',
  };
}

/** Freezes the plan of what is wished and shows its preview. */
export async function planAndShow(
  services: BulkServices,
  interaction: { readonly token: string },
  caller: Caller,
  wish: Omit<PlanRequest, keyof Asking> & Pick<PlanRequest, 'reason' | 'private'>,
): Promise<MessageBody> {
  const request: PlanRequest = { ...wish, ...askingOf(interaction, caller) };
  const { db, limits, process, clock } = services;
  await assertRoomForPreview(db, request, limits);
  return await showPreview(services, await planOperation(db, request, limits, process, clock.now()));
}

function noSelection(): UserError {
  return new UserError(
    "Nothing is selected, so nothing was changed. Choose polls with `/bulk select`, with *Apps → Select poll* on a poll's message, or with `/bulk selection add`; or say in the command which are meant, for example `polls: 12, 40-55`, `status: active` or `channel: #votes`.",
  );
}

function onlyDeleted(gone: readonly number[]): UserError {
  return new UserError(
    `Every selected poll was deleted since: ${formatPollNumbers(gone)}. Nothing was changed. \`Undo\` of the delete brings them back; to go on with others, choose them with \`/bulk select\`.`,
  );
}

/** The first page of a draft, which from now on is kept true as time passes. */
export async function showPreview(services: BulkServices, draftId: number): Promise<MessageBody> {
  const rows = await readPreview(services.db, draftId, 0);
  services.previews.wake();
  await services.learnThreads(rows.jobs);
  return renderPreview(rows, services, services.clock.now());
}

function ownOptions(
  { options }: ChatInputCommandInteraction,
  own: readonly { readonly name: string }[],
): Record<string, unknown> {
  return Object.fromEntries(
    own.map(({ name }) => [name, options.get(name)?.value]).filter(([, value]) => value !== undefined),
  );
}

function readReason({ options }: ChatInputCommandInteraction): string | null {
  return checkReason(options.getString('reason'));
}

/** One line, or null where there is none. Throws `UserError` where it is too long. */
export function checkReason(reason: string | null): string | null {
  if (reason === null) return null;
  if (reason.length > longestReason) {
    throw new UserError(
      `\`reason\` is ${reason.length} characters long; at most ${longestReason} are kept. Nothing was changed.`,
    );
  }
  return cleanLine(reason) || null;
}

/** `◀ ▶` and `Cancel` on a preview. */
export function previewPresses(services: BulkServices): PressHandler[] {
  return [
    {
      action: 'preview',
      acknowledge: 'self',
      run: async (interaction, [id, page], caller, respond) => {
        const now = services.clock.now();
        const draft = await usableDraft(services.db, Number(id), actorOf(interaction, caller, now), now);
        if (!draft) return respond.leave();
        const rows = await readPreview(services.db, draft.id, Number(page) || 0);
        await services.previews.turned(draft.id, rows.page);
        await respond.update(renderPreview(rows, services, now));
      },
    },
    {
      action: 'discard',
      acknowledge: 'self',
      run: async (interaction, [id], caller, respond) => {
        const now = services.clock.now();
        await discardDraft(services.db, Number(id), actorOf(interaction, caller, now), services.process, now);
        await respond.update(renderClosedPreview('Cancelled: nothing was changed.'));
      },
    },
  ];
}
