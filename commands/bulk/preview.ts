import type { ChatInputCommandInteraction } from 'discord.js';
import type { Caller, PressHandler } from '../../src/bot/handlers.ts';
import { discardDraft, usableDraft } from '../../src/bulk/confirm.ts';
import { operationKind } from '../../src/bulk/operations/operation-kinds.ts';
import { readParams } from '../../src/bulk/operations/read-params.ts';
import { planOperation } from '../../src/bulk/plan.ts';
import { renderClosedPreview, renderPreview } from '../../src/bulk/preview-embed.ts';
import { readPreview } from '../../src/bulk/preview-store.ts';
import { UserError } from '../../src/errors.ts';
import type { MessageBody } from '../../src/message-body.ts';
import { cleanLine } from '../../src/polls/text.ts';
import type { BulkServices } from './bulk-services.ts';
import { actorOf, requireAdmin } from './caller.ts';
import { pingRoleGuard } from './ping-role-guard.ts';
import { readTargets } from './target-options.ts';

const longestReason = 300;

/** `/bulk <operation>`: freezes the plan and shows its preview. */
export async function previewOperation(
  services: BulkServices,
  interaction: ChatInputCommandInteraction,
  caller: Caller,
): Promise<MessageBody> {
  const scope = requireAdmin(caller);
  const now = services.clock.now();
  const kind = operationKind(interaction.options.getSubcommand());
  const params = readParams(kind, ownOptions(interaction, kind.options), now);
  const { targets, filter } = readTargets(interaction, {
    scope,
    now,
    maxPolls: services.limits.maxPolls,
    knowsServer: services.knowsServer,
  });
  const id = await planOperation(
    services.db,
    {
      kind,
      params,
      filter,
      targets,
      forbids: pingRoleGuard(interaction),
      scope,
      adminId: caller.userId,
      guildId: caller.guildId,
      channelId: caller.channelId,
      interactionId: caller.interactionId,
      token: interaction.token,
      locale: caller.locale,
      reason: readReason(interaction),
      private: interaction.options.getBoolean('private') ?? false,
    },
    services.limits,
    services.process,
    now,
  );
  return showPreview(services, id);
}

/** The first page of a draft, which from now on is kept true as time passes. */
export async function showPreview(services: BulkServices, draftId: number): Promise<MessageBody> {
  const rows = await readPreview(services.db, draftId, 0);
  services.previews.watch(rows.operation);
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
  const reason = options.getString('reason');
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
        services.previews.turned(draft.id, rows.page);
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
