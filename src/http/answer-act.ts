import type { FastifyReply } from 'fastify';
import { AppError } from '../domain/errors.ts';
import type { OutcomeCode } from '../domain/event.ts';
import type { ActAnswer } from '../runtime/handoff.ts';

/** Answers an officer's request with what the mailbox decided: 200, 409 (404) with the reason, or 202 while it is undecided. @throws AppError 'not-found' */
export function answerAct(reply: FastifyReply, outcome: ActAnswer | null): FastifyReply {
  if (!outcome) throw unknownConversation();
  switch (outcome.is) {
    case 'accepted':
      return reply.code(200).send({ outcome: 'accepted' });
    case 'refused':
      return reply
        .code(outcome.code === 'not-found' ? 404 : 409)
        .send({ outcome: 'refused', code: outcome.code, message: refusals[outcome.code] });
    case 'parked':
      return reply.code(500).send({ outcome: 'parked', message: 'The act failed and was set aside.' });
    case 'pending':
      return reply.code(202).send({ outcome: 'pending', eventId: outcome.eventId });
    default:
      return outcome satisfies never;
  }
}

const refusals: Readonly<Record<OutcomeCode, string>> = {
  'owned-by-another': 'Somebody else answers this conversation.',
  'not-owned': 'Claim the conversation first.',
  'not-queued': 'The conversation does not wait for an officer.',
  'not-failed': 'The message has not failed.',
  'not-found': 'There is no such message.',
  'not-linked': 'The conversation is not linked with another one.',
  erased: 'The person was erased.',
};

export function unknownConversation(): AppError {
  return new AppError('not-found', 'There is no such conversation.');
}
