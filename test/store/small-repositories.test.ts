import { describe, expect, it } from 'vitest';
import { Duplicate } from '../../src/domain/errors.ts';
import { toId } from '../../src/domain/ids.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { now, secretKey } from './samples.ts';

describe.each(storeKinds)('on $name', (kind) => {
  const setUp = async () => openRepositories({ store: (await kind.open()).store, secretKey });

  describe('a lease', () => {
    it('is held by one until it runs out or is released', async () => {
      const { leases } = await setUp();
      expect(await leases.take('poll', 'a', now, now + 10)).toBe(true);
      expect(await leases.take('poll', 'b', now + 9, now + 30)).toBe(false);
      expect(await leases.take('poll', 'a', now + 9, now + 20)).toBe(true);
      expect(await leases.take('poll', 'b', now + 19, now + 30)).toBe(false);
      expect(await leases.take('other', 'b', now, now + 30)).toBe(true);
      expect(await leases.take('poll', 'b', now + 20, now + 40)).toBe(true);
      await leases.release('poll', 'a');
      expect(await leases.take('poll', 'a', now + 21, now + 50)).toBe(false);
      await leases.release('poll', 'b');
      expect(await leases.take('poll', 'a', now + 21, now + 50)).toBe(true);
    });

    it('goes to one only of those who ask at the same moment', async () => {
      const { leases } = await setUp();
      const ask = () => Promise.all(['a', 'b', 'c', 'd'].map((holder) => leases.take('poll', holder, now, now + 10)));
      expect((await ask()).filter(Boolean)).toHaveLength(1);
    });
  });

  describe('settings', () => {
    it('keep the organisation and small values apart, and the last one written', async () => {
      const { settings } = await setUp();
      expect(await settings.organisation()).toBeNull();
      expect(await settings.get('organisation')).toBeNull();
      const organisation = { facts: { name: { ar: 'جمعية السقيا' } }, hours: [], closedDates: [] };
      await settings.saveOrganisation(organisation);
      await settings.saveOrganisation({ ...organisation, closedDates: ['2026-09-23'] });
      expect(await settings.organisation()).toEqual({ ...organisation, closedDates: ['2026-09-23'] });
      await settings.set('organisation', 7);
      await settings.set('installation', { offset: [1, null] });
      expect(await settings.get('organisation')).toBe(7);
      expect(await settings.get('installation')).toEqual({ offset: [1, null] });
      await Promise.all([1, 2, 3].map((value) => settings.set('race', value)));
      expect([1, 2, 3]).toContain(await settings.get('race'));
    });
  });

  describe('flows', () => {
    it('are kept in every version published, and the newest is current', async () => {
      const { flows } = await setUp();
      expect(await flows.current()).toEqual([]);
      for (const version of [1, 2, 10]) await flows.publish({ id: 'main', version, source: { version } });
      await flows.publish({ id: 'survey', version: 3, source: {} });
      const current = (await flows.current()).sort((a, b) => a.id.localeCompare(b.id));
      expect(current).toEqual([
        { id: 'main', version: 10, source: { version: 10 } },
        { id: 'survey', version: 3, source: {} },
      ]);
      expect(await flows.get('main', 2)).toEqual({ id: 'main', version: 2, source: { version: 2 } });
      expect(await flows.get('main', 3)).toBeNull();
    });

    it('are never changed under the same version', async () => {
      const { flows } = await setUp();
      await flows.publish({ id: 'main', version: 1, source: { a: [1, { b: 2 }] } });
      await flows.publish({ id: 'main', version: 1, source: { a: [1, { b: 2 }] } });
      await expect(flows.publish({ id: 'main', version: 1, source: { a: [1, { b: 3 }] } })).rejects.toThrow(Duplicate);
    });
  });

  describe('the audit log', () => {
    it('lists who did what, newest first', async () => {
      const { audit } = await setUp();
      const entry = (at: number) => ({ at: now + at, officerId: toId<'officer'>('sara'), action: 'claimed' });
      await audit.record(entry(1));
      await audit.record({ ...entry(2), conversationId: toId('c') });
      expect(await audit.list({ limit: 10 })).toEqual([{ ...entry(2), conversationId: 'c' }, entry(1)]);
      expect(await audit.list({ limit: 1 })).toEqual([{ ...entry(2), conversationId: 'c' }]);
      expect(await audit.list({ limit: 10, before: now + 2 })).toEqual([entry(1)]);
    });
  });
});
