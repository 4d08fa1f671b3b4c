/** Stands in for what the client shows of an answer (Discord's reference, "Receiving and Responding"). */

import { type Choice, callbackType, type ModalData, type SandboxInteraction } from '../world/interaction.ts';
import type { SandboxMessage } from '../world/message.ts';

const patienceMs = 15_000;

/** What the bot answered to one thing that a person did. It stays current. */
export class Reply {
  readonly interaction: SandboxInteraction;

  constructor(interaction: SandboxInteraction) {
    this.interaction = interaction;
  }

  /** False: "This application did not respond". */
  get acknowledged(): boolean {
    return this.interaction.acknowledgedAt !== null;
  }

  /** Milliseconds from the deed to the first response; null if there was none in time. */
  get acknowledgedAfterMs(): number | null {
    const { acknowledgedAt, createdAt } = this.interaction;
    return acknowledgedAt === null ? null : acknowledgedAt - createdAt;
  }

  /** The callback's type: 4 message, 5 deferred, 6 deferred update, 7 update, 8 choices, 9 modal. */
  get type(): number | null {
    return this.interaction.callback;
  }

  /** Whether only the person sees the answer. */
  get ephemeral(): boolean {
    return (this.interaction.answer ?? this.interaction.original)?.ephemeral ?? false;
  }

  get followUps(): readonly SandboxMessage[] {
    return this.interaction.followUps;
  }

  /**
   * The first message that was given content through this interaction. After a deferral that is the answer once it
   * was edited; after an update it is the message that was pressed. Rejects if nothing comes.
   */
  message(timeoutMs = patienceMs): Promise<SandboxMessage> {
    return this.interaction.changed.until(
      () => this.interaction.answer,
      timeoutMs,
      () => `an answer; ${this.#state()}`,
    );
  }

  /** The next follow-up for which the predicate holds. */
  followUp(
    predicate: (message: SandboxMessage) => boolean = () => true,
    timeoutMs = patienceMs,
  ): Promise<SandboxMessage> {
    const { changed, followUps } = this.interaction;
    return changed.until(
      () => followUps.find(predicate),
      timeoutMs,
      () => `a follow-up; ${this.#state()}`,
    );
  }

  modal(timeoutMs = patienceMs): Promise<ModalData> {
    return this.interaction.changed.until(
      () => this.interaction.modal,
      timeoutMs,
      () => `a modal; ${this.#state()}`,
    );
  }

  choices(timeoutMs = patienceMs): Promise<readonly Choice[]> {
    return this.interaction.changed.until(
      () => this.interaction.choices,
      timeoutMs,
      () => `choices; ${this.#state()}`,
    );
  }

  /** Resolves at the first response, or when the time for it is over. */
  async settled(acknowledgeMs: number): Promise<void> {
    const { changed } = this.interaction;
    await new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        forget();
        resolve();
      };
      const timer = setTimeout(finish, acknowledgeMs + 100);
      const forget = changed.listen(() => this.acknowledged && finish());
      if (this.acknowledged) finish();
    });
  }

  #state(): string {
    if (!this.acknowledged) return 'the application did not respond';
    const names = Object.entries(callbackType).find(([, value]) => value === this.type);
    const said = this.interaction.answer?.text ?? this.interaction.original?.text ?? '';
    return `it was acknowledged by ${names?.[0] ?? this.type} ${said.slice(0, 300)}`;
  }
}
