import { DownloadOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Flex, Input, Select } from "antd";
import { useTranslation } from "react-i18next";

import { api, told } from "../api/client";

export interface Filter {
  model?: string;
  group?: string;
  outcome?: "" | "ok" | "failed";
  code?: string;
  request_id?: string;
  since?: string;
  until?: string;
  token_id?: number;
  account_id?: number;
  channel_id?: number;
}

type Put = (name: keyof Filter, typed: string) => void;

const NUMBERS = ["token_id", "account_id", "channel_id"];

/** What narrows the log; dates are whole moments of the reader's own zone. */
export function Filters({
  value,
  house,
  onChange,
}: {
  value: Filter;
  house: boolean;
  onChange: (filter: Filter) => void;
}) {
  const { t } = useTranslation();
  const put: Put = (name, typed) => {
    const rest = Object.entries(value).filter(([known]) => known !== name);
    onChange(
      Object.fromEntries(typed === "" ? rest : [...rest, [name, asked(name, typed)]]) as Filter,
    );
  };
  const words: (keyof Filter)[] = house
    ? ["model", "group", "code", "request_id", "account_id", "token_id", "channel_id"]
    : ["model", "group", "code", "request_id"];
  const query = new URLSearchParams(
    Object.entries({ ...value, mine: String(!house) }).map(([name, one]) => [name, String(one)]),
  );
  return (
    <Flex wrap gap="small" style={{ marginBottom: 16 }}>
      <Select
        aria-label={t("field.outcome")}
        value={value.outcome ?? ""}
        style={{ width: 130 }}
        onChange={(typed) => put("outcome", typed)}
        options={(["", "ok", "failed"] as const).map((one) => ({
          value: one,
          label: t(`log.outcome.${one || "all"}`),
        }))}
      />
      {!house && <OwnToken value={value.token_id} put={put} />}
      {words.map((name) => (
        <Input.Search
          key={name}
          allowClear
          aria-label={t(`field.${name}`)}
          placeholder={t(`field.${name}`)}
          style={{ width: NUMBERS.includes(name) ? 170 : 180 }}
          onSearch={(typed) => put(name, typed.trim())}
        />
      ))}
      {(["since", "until"] as const).map((name) => (
        <Input
          key={name}
          type="datetime-local"
          aria-label={t(`field.${name}`)}
          title={t(`field.${name}`)}
          style={{ width: 200 }}
          onChange={(change) => put(name, change.target.value)}
        />
      ))}
      <Button icon={<DownloadOutlined />} href={`/api/v1/log/export?${query}`} download>
        {t("log.export")}
      </Button>
    </Flex>
  );
}

function OwnToken({ value, put }: { value: number | undefined; put: Put }) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["tokens", "names"],
    queryFn: () => told(api.GET("/api/v1/tokens", { params: { query: { limit: 100 } } })),
  });
  return (
    <Select
      allowClear
      aria-label={t("field.token")}
      placeholder={t("field.token")}
      value={value ?? null}
      style={{ width: 180 }}
      onChange={(chosen: number | null | undefined) => put("token_id", String(chosen ?? ""))}
      options={(data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}

function asked(name: keyof Filter, typed: string): string | number {
  if (name === "since" || name === "until") return new Date(typed).toISOString();
  return NUMBERS.includes(name) ? Number(typed) || 0 : typed;
}
