import type { ModalSubmitInteraction } from 'discord.js';
import { ComponentType, TextInputStyle } from 'discord-api-types/v10';
import { counted } from '../../../src/base/display/plural.ts';
import { UserError } from '../../../src/base/errors.ts';
import type {
  Caller,
  ModalBody,
  PressHandler,
  PressInteraction,
  Respond,
} from '../../../src/bot/handlers.ts';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import type { OperationRow } from '../../../src/bulk/operation.ts';
import { assertConfirmable, confirmDraft, phraseOf, usableDraft } from '../../../src/bulk/plan/confirm.ts';
import { renderClosedPreview } from '../../../src/bulk/preview/preview-embed.ts';
import { quoted } from '../../../src/polls/text.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { actorOf } from '../request/caller.ts';
import { postAndRun } from './post-and-run.ts';

/** `Confirm`, and the modal that asks for the phrase. Both check everything again. */
export function confirmPresses(services: BulkServices): PressHandler[] {
  return [
    {
      action: 'confirm',
      acknowledge: 'self',
      run: async (interaction, [id], caller, respond) => {
        const draft = await checkedDraft(services, Number(id), interaction, caller);
        if (!draft) return respond.leave();
        const phrase = phraseOf(draft);
        if (phrase === null) await begin(services, draft, interaction, caller, respond);
        else await respond.modal(phraseModal(draft, phrase));
      },
    },
    {
      action: 'phrase',
      acknowledge: 'self',
      run: async (interaction, [id], caller, respond) => {
        const draft = await checkedDraft(services, Number(id), interaction, caller);
        if (!draft) return respond.leave();
        const phrase = phraseOf(draft);
        const typed = (interaction as ModalSubmitInteraction).fields.getTextInputValue('phrase').trim();
        if (phrase !== null && typed !== phrase) {
          throw new UserError(
            `You typed ${quoted(typed)}; the phrase is \`${phrase}\`. Nothing was changed. The preview still works: press \`Confirm\` again.`,
          );
        }
        await begin(services, draft, interaction, caller, respond);
      },
    },
  ];
}

async function checkedDraft(
  services: BulkServices,
  id: number,
  interaction: PressInteraction,
  caller: Caller,
): Promise<OperationRow | null> {
  const now = services.clock.now();
  const draft = await usableDraft(services.db, id, actorOf(interaction, caller, now), now);
  if (draft) assertConfirmable(draft, now);
  return draft;
}

function phraseModal(draft: OperationRow, phrase: string): ModalBody {
  return {
    custom_id: `phrase:${draft.id}`,
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

async function begin(
  services: BulkServices,
  draft: OperationRow,
  interaction: PressInteraction,
  caller: Caller,
  respond: Respond,
): Promise<void> {
  const actor = actorOf(interaction, caller, services.clock.now());
  const operation = await confirmDraft(services.db, draft, actor, services.process, services.clock.now());
  if (!operation) {
    // Somebody was faster: the same press on another process (nothing to say), or another press (say so).
    if (!(await usableDraft(services.db, draft.id, actor, services.clock.now()))) respond.leave();
    return;
  }
  await Promise.all([postAndRun(services, operation, respond), closePreview(services, operation)]);
}

/** The preview cannot be pressed any more. A failed edit is no harm: every press is checked again. */
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
