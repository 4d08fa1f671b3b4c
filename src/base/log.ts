import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Writes one JSON object a line, to stdout unless a `destination` is given. Tokens never get there: neither as fields
 * nor inside a text, such as the URL in a failed request's message. Nor do `secrets`, whatever they look like.
 */
export function createLogger(
  level: LogLevel,
  destination: DestinationStream = process.stdout,
  secrets: readonly string[] = [],
): Logger {
  const hidden = secrets.map((secret) => JSON.stringify(secret).slice(1, -1));
  return pino({ level }, { write: (line) => destination.write(withoutSecrets(line, hidden)) });
}

/**
 * Works on the finished line, so no nesting, error cause or message can hide a token from it. Field names are matched
 * as JSON writes them. The replacement keeps the line valid JSON.
 */
export function withoutSecrets(line: string, secrets: readonly string[] = []): string {
  return secrets
    .reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line)
    .replace(secretField, '$1"[redacted]"')
    .replace(authorization, '$1[redacted]')
    .replace(botToken, '[redacted]')
    .replace(tokenInUrl, '$1[redacted]')
    .replace(passwordInUrl, '$1[redacted]@');
}

/** `"token": "…"`, `"progressToken": "…"`, `"Authorization": "…"`. */
const secretField = /("(?:[\w-]*token|authorization|password)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi;
/** `Bot <token>` and `Bearer <token>`, as in a header's text. */
const authorization = /\b((?:Bot|Bearer)\s+)[\w-]{20,}(?:\.[\w-]+)*/g;
/** A bot token: the application's id in base64, a time, a signature (https://discord.com/developers/docs/reference#authentication). */
const botToken = /\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}/g;
/** `/webhooks/{application}/{token}/…` and `/interactions/{id}/{token}/callback`. */
const tokenInUrl = /(\/(?:webhooks|interactions)\/\d+\/)[^/\s"'?\\]+/g;
/** `postgres://user:password@host`, with any scheme. The word `password` itself stays, for examples. */
const passwordInUrl = /(\b[a-z][a-z0-9+.-]*:\/\/[^:/\s"@]*:)(?!password@)[^@\s"]*@/gi;
