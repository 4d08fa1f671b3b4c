import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Invocation, PressHandler } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import type { OperationKind } from '../../../src/bulk/kinds/operation-kind.ts';
import { discardDraft, usableDraft } from '../../../src/bulk/plan/confirm.ts';
import { planOperation } from '../../../src/bulk/plan/plan.ts';
import { assertRoomForPreview } from '../../../src/bulk/preview/open-previews.ts';
import { renderClosedPreview, renderPreview } from '../../../src/bulk/preview/preview-embed.ts';
import { readPreview } from '../../../src/bulk/preview/preview-store.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { actorOf } from '../request/caller.ts';
import { type RequestInteraction, readRequest } from '../request/read-request.ts';

/** Freezes the plan that is asked for, and shows its preview. */
export async function previewOperation(
  services: BulkServices,
  invocation: Invocation<RequestInteraction>,
  kind: OperationKind,
): Promise<MessageBody> {
  const request = await readRequest(services, invocation, kind);
  const { db, planLimits, previewLimits, processId, clock } = services;
  await assertRoomForPreview(db, request, previewLimits);
  return await showPreview(
    services,
    await planOperation(db, request, planLimits, { processId, now: clock.now() }),
  );
}

/** The first page of a draft. From now on it is kept true as time passes. */
export async function showPreview(services: BulkServices, draftId: number): Promise<MessageBody> {
  const rows = await readPreview(services.db, draftId, 0);
  services.previews.wake();
  await services.learnThreads(rows.jobs);
  return renderPreview(rows, services, services.clock.now());
}

/** `◀ ▶` and `Cancel` on a preview. */
export function previewPresses(services: BulkServices): PressHandler[] {
  return [
    onPress(customIds.preview, {
      acknowledge: 'self',
      run: async (invocation, { operation, page }) => {
        const now = services.clock.now();
        const draft = await usableDraft(services.db, operation, actorOf(invocation, now), now);
        if (!draft) return invocation.respond.leave();
        // A wrong page number shows the first page.
        const rows = await readPreview(services.db, draft.id, page || 0);
        await services.previews.turned(draft.id, rows.page);
        await invocation.respond.update(renderPreview(rows, services, now));
      },
    }),
    onPress(customIds.discard, {
      acknowledge: 'self',
      run: async (invocation, { operation }) => {
        const now = services.clock.now();
        await discardDraft(services.db, operation, actorOf(invocation, now), {
          processId: services.processId,
          now,
        });
        await invocation.respond.update(renderClosedPreview('Cancelled: nothing was changed.'));
      },
    }),
  ];
}
