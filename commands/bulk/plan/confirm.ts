import { ComponentType, TextInputStyle } from 'discord-api-types/v10';
import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import { counted } from '../../../src/base/display/plural.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { OpenInvocation, PressHandler, PressInteraction } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import type { ModalBody } from '../../../src/bot/respond.ts';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import type { OperationRow } from '../../../src/bulk/operation.ts';
import { assertConfirmable, confirmDraft, phraseOf, usableDraft } from '../../../src/bulk/plan/confirm.ts';
import { renderClosedPreview } from '../../../src/bulk/preview/preview-embed.ts';
import { quoted } from '../../../src/polls/text.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { actorOf } from '../request/caller.ts';
import { postAndRun } from './post-and-run.ts';

type Press = OpenInvocation<PressInteraction>;

/** `Confirm`, and the modal that asks for the phrase. Both check everything again. */
export function confirmPresses(services: BulkServices): PressHandler[] {
  return [
    onPress(customIds.confirm, {
      acknowledge: 'self',
      run: async (press, { operation }) => {
        const draft = await checkedDraft(services, press, operation);
        if (!draft) return press.respond.leave();
        const phrase = phraseOf(draft);
        if (phrase === null) await begin(services, press, draft);
        else await press.respond.modal(phraseModal(draft, phrase));
      },
    }),
    onPress(customIds.phrase, {
      acknowledge: 'self',
      run: async (press, { operation }) => {
        const draft = await checkedDraft(services, press, operation);
        if (!draft) return press.respond.leave();
        const phrase = phraseOf(draft);
        const typed = typedIn(press);
        if (phrase !== null && typed !== phrase) {
          throw new UserError(
            `You typed ${quoted(typed)}; the phrase is \`${phrase}\`. Nothing was changed. The preview still works: press \`Confirm\` again.`,
          );
        }
        await begin(services, press, draft);
      },
    }),
  ];
}

async function checkedDraft(services: BulkServices, press: Press, id: number): Promise<OperationRow | null> {
  const now = services.clock.now();
  const draft = await usableDraft(services.db, id, actorOf(press, now), now);
  if (draft) assertConfirmable(draft, now);
  return draft;
}

function typedIn({ interaction }: Press): string {
  if (interaction.isModalSubmit()) return interaction.fields.getTextInputValue('phrase').trim();
  throw new UserError('This button no longer works. Use the command again for a fresh one.');
}

function phraseModal(draft: OperationRow, phrase: string): ModalBody {
  return {
    custom_id: customIds.phrase.encode({ operation: draft.id }),
    title: `Confirm: ${operationKind(draft.kind).words.infinitive} ${counted(draft.total, 'poll')}`,
    components: [
      {
        type: ComponentType.Label,
        label: `Type ${phrase}`,
        component: {
          type: ComponentType.TextInput,
          custom_id: 'phrase',
          style: TextInputStyle.Short,
          placeholder: phrase,
          required: true,
          max_length: 100,
        },
      },
    ],
  };
}

async function begin(services: BulkServices, press: Press, draft: OperationRow): Promise<void> {
  const actor = actorOf(press, services.clock.now());
  const operation = await confirmDraft(services.db, draft, actor, {
    processId: services.processId,
    now: services.clock.now(),
  });
  if (!operation) {
    // Somebody was faster: the same press on another process (nothing to say), or another press (say so).
    if (!(await usableDraft(services.db, draft.id, actor, services.clock.now()))) press.respond.leave();
    return;
  }
  await Promise.all([postAndRun(services, operation, press.respond), closePreview(services, operation)]);
}

/** Shows that the preview cannot be pressed any more. A failed edit does no harm: every press is checked again. */
async function closePreview(services: BulkServices, operation: OperationRow): Promise<void> {
  if (operation.preview_token === null) return;
  const sent = await services.previews.close(
    operation,
    renderClosedPreview(`Confirmed: Operation #${operation.id} has started. Its progress is shown below.`),
  );
  if (sent.type !== 'sent') {
    services.log.info({ operation: operation.id, reason: sent.reason }, 'a used preview could not be closed');
  }
}
