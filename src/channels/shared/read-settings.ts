import type { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { AccountSettings } from '../../ports/accounts.ts';

/**
 * Reads what somebody typed as an account's settings; what is not given stays as `before` has it.
 * @throws AppError 'payload-invalid' that names the setting and what was expected, never its value
 */
export function readSettings<Settings>(
  schema: z.ZodType<Settings>,
  given: unknown,
  before: AccountSettings = {},
): Settings {
  const merged: unknown = typeof given === 'object' && given !== null ? { ...before, ...given } : given;
  const parsed = schema.safeParse(merged);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = ['settings', ...(issue?.path ?? [])].join('.');
  throw new AppError('payload-invalid', `${path}: ${issue?.message ?? 'cannot be read'}`);
}

/** Below this length its end would tell too much of a secret. */
const leastShownLength = 20;

/** What is shown of a secret: that there is one, and how a long one ends. */
export function hideSecret(secret: string): string {
  return secret.length < leastShownLength ? '…' : `…${secret.slice(-4)}`;
}
