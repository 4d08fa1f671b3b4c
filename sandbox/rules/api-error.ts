/** Stands in for Discord's refusals (its reference, "Error Messages", "JSON Error Codes"). */

/** A refusal in Discord's form: HTTP status, JSON error code, text, and for forms which field is wrong. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: number;
  readonly errors: object | undefined;
  /** Whether the request itself is wrong, so that it would be refused at any time. */
  readonly mistake: boolean;

  constructor(status: number, code: number, message: string, errors?: object, mistake = false) {
    super(message);
    this.mistake = mistake;
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  toJSON(): object {
    return { message: this.message, code: this.code, ...(this.errors ? { errors: this.errors } : {}) };
  }
}

/** The refusals that the sandbox knows. Codes and texts are from Discord's reference, "JSON Error Codes". */
export const refuse = {
  unauthorized: () => new ApiError(401, 0, '401: Unauthorized'),
  notFound: () => new ApiError(404, 0, '404: Not Found'),
  unknownChannel: () => new ApiError(404, 10003, 'Unknown Channel'),
  unknownGuild: () => new ApiError(404, 10004, 'Unknown Guild'),
  unknownMember: () => new ApiError(404, 10007, 'Unknown Member'),
  unknownMessage: () => new ApiError(404, 10008, 'Unknown Message'),
  unknownUser: () => new ApiError(404, 10013, 'Unknown User'),
  unknownWebhook: () => new ApiError(404, 10015, 'Unknown Webhook'),
  unknownInteraction: () => new ApiError(404, 10062, 'Unknown interaction'),
  unknownCommand: () => new ApiError(404, 10063, 'Unknown application command'),
  alreadyAcknowledged: () => new ApiError(400, 40060, 'Interaction has already been acknowledged.'),
  noAccess: () => new ApiError(403, 50001, 'Missing Access'),
  anothersMessage: () => new ApiError(403, 50005, 'Cannot edit a message authored by another user'),
  emptyMessage: () => new ApiError(400, 50006, 'Cannot send an empty message', undefined, true),
  emptyWithoutEmbeds: () => new ApiError(400, 50006, 'Cannot send an empty message'),
  noDirectMessages: () => new ApiError(403, 50007, 'Cannot send messages to this user'),
  noPermission: () => new ApiError(403, 50013, 'Missing Permissions'),
  tooFewOrMany: () =>
    new ApiError(
      400,
      50016,
      'Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete.',
      undefined,
      true,
    ),
  invalidWebhookToken: () => new ApiError(401, 50027, 'Invalid Webhook Token'),
  tooOld: () => new ApiError(400, 50034, 'You can only bulk delete messages that are under 14 days old.'),
  entryPointLeftOut: () =>
    new ApiError(
      400,
      50240,
      "You cannot remove this app's Entry Point command in a bulk update operation. Please include the Entry Point command in your update request or delete it separately.",
      undefined,
      true,
    ),
  archivedThread: () => new ApiError(400, 50083, 'Thread is archived'),
  lockedThread: () => new ApiError(400, 160005, 'Thread is locked'),
  form: (path: string, code: string, message: string) =>
    new ApiError(400, 50035, 'Invalid Form Body', nest(path, { _errors: [{ code, message }] }), true),
  unknownEmoji: () =>
    new ApiError(
      400,
      50035,
      'Invalid Form Body',
      nest('components', { _errors: [{ code: 'COMPONENT_INVALID_EMOJI', message: 'Invalid emoji' }] }),
    ),
};

function nest(path: string, leaf: object): object {
  if (path === '') return leaf;
  return path.split('.').reduceRight<object>((inner, key) => ({ [key]: inner }), leaf);
}
