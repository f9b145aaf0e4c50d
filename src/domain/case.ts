import type { CaseAnswer } from './effect.ts';
import type { AttachmentId, CaseId, ConversationId, PersonId } from './ids.ts';

export type CaseKind = 'assistance' | 'complaint' | 'suggestion' | 'volunteer' | 'callback' | 'urgent';
export type CaseUrgency = 'normal' | 'urgent';
export type CaseStatus = 'received' | 'in-review' | 'needs-information' | 'approved' | 'rejected' | 'done';

/** Nobody works on it any more. */
export function isClosed({ status }: Pick<Case, 'status'>): boolean {
  return status === 'rejected' || status === 'done';
}

/** What a person asked of the charity, followed by its reference from any channel. */
export interface Case {
  readonly id: CaseId;
  readonly version: number;
  /** What the person keeps: `W-XXXXXXX`, digits only after the letter, the last one a check digit (Luhn). */
  readonly reference: string;
  readonly conversationId: ConversationId;
  readonly personId: PersonId;
  readonly kind: CaseKind;
  readonly urgency: CaseUrgency;
  readonly status: CaseStatus;
  readonly answers: readonly CaseAnswer[];
  readonly attachments: readonly AttachmentId[];
  readonly openedAt: number;
  readonly updatedAt: number;
}
