-- Which page (tab, window, device) of its agent wrote a draft last: what another one wrote meanwhile is not overwritten
-- unseen. Null: a program that says nothing of itself.
alter table inbox_projection.drafts add column writer uuid;
