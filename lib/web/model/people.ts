import { signal } from '@preact/signals';

/** As much of somebody as their name takes. */
export interface Person {
  readonly id: number;
  readonly username: string;
  readonly full_name: string | null;
}

/** What people are called on the page. */
export const nameOf = (person: Person): string => person.full_name ?? person.username;

/** Everybody whose name the page has seen. */
export const createPeople = (fetchProfile: (id: number) => Promise<Person>) => {
  const known = signal<ReadonlyMap<number, Person>>(new Map());
  const asked = new Set<number>();

  const learn = (people: readonly Person[]): void => {
    const news = people.filter(({ id, username, full_name }) => {
      const before = known.peek().get(id);
      return before?.username !== username || before.full_name !== full_name;
    });
    if (news.length === 0) return;
    known.value = new Map([...known.peek(), ...news.map((person) => [person.id, person] as const)]);
  };
  const ask = async (id: number): Promise<void> => {
    try {
      learn([await fetchProfile(id)]);
    } catch {
      // Who deactivated their account has no profile: the name in the message has to do.
    }
  };

  return {
    learn,
    /** Somebody's name; `otherwise` until it is known. */
    name: (id: number, otherwise = 'Someone'): string => {
      const person = known.value.get(id);
      if (person !== undefined) return nameOf(person);
      if (!asked.has(id)) {
        asked.add(id);
        void ask(id);
      }
      return otherwise;
    },
  };
};
export type People = ReturnType<typeof createPeople>;
