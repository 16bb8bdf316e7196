-- Group values, a JSON object of text as lines have them, in the ways that an export shows them.
CREATE OR REPLACE TEMP MACRO values_of(object) AS map_entries(from_json(object, '"MAP(VARCHAR, VARCHAR)"'));
CREATE OR REPLACE TEMP MACRO only_key(object) AS
    CASE WHEN len(values_of(object)) = 1 THEN values_of(object)[1].key END;
CREATE OR REPLACE TEMP MACRO only_value(object) AS
    CASE WHEN len(values_of(object)) = 1 THEN values_of(object)[1].value END;
CREATE OR REPLACE TEMP MACRO group_pairs(object) AS
    to_json(list_transform(values_of(object), lambda pair : {'name': pair.key, 'value': pair.value}))::VARCHAR;

-- `applied_commit_or_credit` as `ContractAppliedCommitOrCreditLineItem`, after the one name that is documented.
CREATE OR REPLACE TEMP MACRO line_item_type(type) AS
    'Contract' || array_to_string(
        list_transform(string_split(type, '_'), lambda word : upper(word[1]) || word[2:]), ''
    ) || 'LineItem';
