import { signal } from '@preact/signals';
import { ChatError } from '../../client/chat-client.ts';

/** As much of somebody as their name takes. */
export interface Person {
  readonly id: number;
  readonly username: string;
  readonly full_name: string | null;
  readonly avatar_url: string | null;
}

/** Somebody's name where there is room for text only; nobody else has the same. */
export const labelOf = ({ full_name, username }: Pick<Person, 'full_name' | 'username'>): string =>
  full_name === null ? username : `${isolated(full_name)} (@${username})`;

/** A text whose direction changes nothing around it (Unicode's UAX 9: FSI and PDI), for where no element isolates. */
export const isolated = (text: string): string =>
  /^[\0-\x7f]*$/.test(text) ? text : `\u2068${text.replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '')}\u2069`;

/** Everybody whose name the page has seen. */
export const createPeople = (fetchProfile: (id: number) => Promise<Person>) => {
  const known = signal<ReadonlyMap<number, Person>>(new Map());
  const asked = new Set<number>();

  const learn = (people: readonly Person[]): void => {
    const news = people.filter(({ id, username, full_name, avatar_url }) => {
      const before = known.peek().get(id);
      return (
        before?.username !== username || before.full_name !== full_name || before.avatar_url !== avatar_url
      );
    });
    if (news.length === 0) return;
    known.value = new Map([...known.peek(), ...news.map((person) => [person.id, person] as const)]);
  };
  const ask = async (id: number): Promise<void> => {
    try {
      learn([await fetchProfile(id)]);
    } catch (error) {
      // Who deactivated their account has no profile: the name in the message has to do. Others are asked for again.
      if (!(error instanceof ChatError)) asked.delete(id);
    }
  };

  return {
    learn,
    /** Somebody else is logged in: what they may see, they learn anew. */
    forget: (): void => {
      known.value = new Map();
      asked.clear();
    },
    /**
     * Somebody's names. A message that is newer than what is known names its sender by another one: `deleted user`.
     *
     * @param named as a message names them, which has to do until more is known
     */
    person: (id: number, named?: string): Omit<Person, 'id'> => {
      const person = known.value.get(id);
      if (person === undefined && !asked.has(id)) {
        asked.add(id);
        void ask(id);
      }
      if (person !== undefined && (named === undefined || person.username === named)) return person;
      return { username: named ?? 'Someone', full_name: null, avatar_url: null };
    },
  };
};
export type People = ReturnType<typeof createPeople>;
