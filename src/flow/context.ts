import type { Json } from '../domain/effect.ts';

/** What is true outside the session when an event comes: plain JSON, gathered by the runtime. Expressions read it as `context`. */
export interface EngineContext {
  readonly isOpen: boolean;
  /** When the office opens next (ISO 8601), null when it is open or nobody knows. Texts show it with `{{context.opensAt | when}}`. */
  readonly opensAt: string | null;
  /** Conversations that wait for an officer now. */
  readonly queueLength: number;
  readonly consent?: 'given' | 'withdrawn';
  readonly personName?: string;
  /** IANA name of the organisation's zone. */
  readonly timeZone: string;
  readonly hasOpenCase?: boolean;
}

/** Names that may follow `context.`; the checks know them. */
export const contextNames = [
  'isOpen',
  'opensAt',
  'queueLength',
  'consent',
  'personName',
  'timeZone',
  'hasOpenCase',
  'language',
] as const;

/** The context as expressions see it: every name has a value, null where there is none. */
export function toContextValue(context: EngineContext, language: string): { readonly [key: string]: Json } {
  return {
    isOpen: context.isOpen,
    opensAt: context.opensAt,
    queueLength: context.queueLength,
    consent: context.consent ?? null,
    personName: context.personName ?? null,
    timeZone: context.timeZone,
    hasOpenCase: context.hasOpenCase ?? null,
    language,
  };
}
