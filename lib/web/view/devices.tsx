import type { Device } from '../../client/types.ts';
import { ListFoot } from './list-foot.tsx';
import { dayName } from './times.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { useModel } from './use-model.ts';
import { usePages } from './use-pages.ts';

/** The devices that receive push messages. */
export const Devices = () => {
  const model = useModel();
  const rows = useKeptFocus<HTMLUListElement>();
  const { notifications } = model;
  const own = notifications.deviceId.value;
  // Reloads when this browser is registered as a device or removed.
  const list = usePages<Device>(
    (page) => model.api.listDevices(page),
    ({ id }) => id,
    { after: [own] },
  );
  const remove = ({ id }: Device): void =>
    void model.attempt(async () => {
      await (id === own ? notifications.turnOff() : model.api.removeDevice(id));
      list.remove(id);
    });
  return (
    <section aria-labelledby="devices-title">
      <h4 id="devices-title">Devices that get notifications</h4>
      <ul class="rows" ref={rows} tabIndex={-1} aria-labelledby="devices-title">
        {list.items.value?.map((device) => {
          const name = device.name ?? (device.kind === 'fcm' ? 'A phone' : 'A browser');
          return (
            <li key={device.id}>
              <span>
                <bdi>{name}</bdi>
                {device.id === own && ' (this browser)'}
                <span class="hint">Since {dayName(device.created_at)}</span>
              </span>
              <button
                type="button"
                class="link-button"
                aria-label={`Remove ${name}`}
                onClick={() => remove(device)}
              >
                Remove
              </button>
            </li>
          );
        })}
      </ul>
      <ListFoot list={list} empty="None." />
    </section>
  );
};
